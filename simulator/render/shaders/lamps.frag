// What lamps of the moment add to the standing world: irradiance, and the mirror's part on its own. For a picture of half
// the size; the surfaces' albedo comes in later.
const int MOST = 12;
uniform int lamps;
uniform vec4 lamp_at[MOST];  // place, strength
uniform vec4 lamp_aim[MOST];
uniform vec4 lamp_tile[MOST];
uniform vec4 moving_tile[MOST];
uniform vec3 lamp_origin[MOST];  // of its shadow maps
uniform int lamp_maps[MOST];     // 1: of what stands; 2: and of what moves
layout(location = 0) out vec2 sum;

void main() {
    float depth = texelFetch(store_depth, ivec2(gl_FragCoord.xy), 0).r;
    Surface s = stored(min(depth, 4000.0));
    vec2 parts = vec2(0.0);
    for (int i = 0; i < lamps; i++) {
        vec3 off = lamp_at[i].xyz - s.at;
        vec3 towards = off * inversesqrt(max(dot(off, off), 1.0e-6));
        float light = lamp_at[i].w * lamp_reach(towards, lamp_aim[i], 0.0) / max(dot(off, off), 0.04);
        for (int map = 0; map < lamp_maps[i]; map++)
            light *= lit(s.at, s.normal, lamp_origin[i], lamp_aim[i].xyz, map == 0 ? lamp_tile[i] : moving_tile[i]);
        parts += light * vec2(max(dot(s.normal, towards), 0.0), glint(s, towards));
    }
    sum = depth > SKY ? vec2(0.0) : parts;
}
