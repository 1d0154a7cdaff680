// A surface that moves, in the light of all lamps and of the sky but not of the infrared lamp.
const int MOST = 8;
uniform float ambient;  // the sky's irradiance
uniform int lamps;
uniform vec4 lamp_at[MOST];   // place, strength (post lamps' times their state)
uniform vec4 lamp_aim[MOST];  // axis, cone's half angle
uniform vec4 lamp_tile[MOST];
uniform vec3 lamp_origin[MOST];  // of its shadow map
uniform float lamp_hood[MOST];

float lamps_light(Surface s) {
    // near the ground half of the sky is hidden by the body itself and what stands about
    float open = (0.52 + 0.43 * s.normal.z) * mix(0.55, 1.0, smoothstep(0.0, 0.9, s.at.z));
    float light = ambient * sky_answer(s, open);
    for (int i = 0; i < lamps; i++) {
        vec3 off = lamp_at[i].xyz - s.at;
        vec3 towards = off * inversesqrt(max(dot(off, off), 1.0e-6));
        float reach = lamp_at[i].w * lamp_reach(towards, lamp_aim[i], lamp_hood[i]) / max(dot(off, off), 0.04);
        reach *= lit(s.at, s.normal, lamp_origin[i], lamp_aim[i].xyz, lamp_tile[i]);
        light += reach * lamp_answer(s, towards);
    }
    return light;
}
