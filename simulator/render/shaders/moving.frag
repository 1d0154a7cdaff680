// What moves, in all light of the moment. Alpha marks what is covered.
const int MOST = 8;
uniform vec4 strengths;  // infrared, sky's light, post lamps, lamps of the moment
uniform int lamps;
uniform vec4 lamp_at[MOST];   // place, strength (post lamps' times their state)
uniform vec4 lamp_aim[MOST];  // axis, cone's half angle
uniform vec4 lamp_tile[MOST];
uniform float lamp_hood[MOST];
in vec3 at;
in vec3 normal;
in float albedo;
flat in vec4 made;
in float axis_depth;
layout(location = 0) out vec2 seen_light;
layout(location = 1) out float seen_depth;

void main() {
    Surface s;
    s.at = at;
    s.to_lens = normalize(lens - at);
    s.normal = turned_to_lens(normal, at, s.to_lens);
    s.albedo = albedo;
    s.gloss = made.x;
    s.roughness = made.y;
    s.retro = made.z;
    float light = made.w + strengths.x * infrared_irradiance(at) * infrared_answer(s);
    // near the ground half of the sky is hidden by the body itself and what stands about
    float open = (0.52 + 0.43 * s.normal.z) * mix(0.55, 1.0, smoothstep(0.0, 0.9, at.z));
    light += strengths.y * sky_answer(s, open);
    for (int i = 0; i < lamps; i++) {
        vec3 off = lamp_at[i].xyz - at;
        float far_sq = max(dot(off, off), 0.04);
        vec3 towards = off * inversesqrt(max(dot(off, off), 1.0e-6));
        float reach = lamp_at[i].w * lamp_reach(towards, lamp_aim[i], lamp_hood[i]) / far_sq;
        if (reach > 1.0e-4) light += reach * lamp_answer(s, towards) * lit(at, s.normal, lamp_at[i].xyz, lamp_aim[i].xyz, lamp_tile[i]);
    }
    seen_light = vec2(light, 1.0);
    seen_depth = axis_depth;
}
