// What one lamp (post, head lamp, torch, fire) adds to the standing world, times `share`. With `parted`: irradiance and
// the mirror's part on their own, for a picture of half the size whose surfaces' albedo comes in later.
uniform float share;
uniform vec3 lamp_at;
uniform vec4 lamp_aim;  // axis, cone's half angle
uniform float lamp_hood;
uniform vec4 lamp_tile;
uniform vec3 lamp_origin;  // of its shadow map
uniform int maps;          // 1: of what stands; 2: and, `moving_tile`, of what moves
uniform vec4 moving_tile;
uniform float parted;
layout(location = 0) out vec2 sum;

void main() {
    float depth = texelFetch(store_depth, ivec2(gl_FragCoord.xy), 0).r;
    if (depth > SKY) { sum = vec2(0.0); return; }
    Surface s = stored(depth);
    vec3 off = lamp_at - s.at;
    float far_sq = max(dot(off, off), 0.04);
    vec3 towards = off * inversesqrt(max(dot(off, off), 1.0e-6));
    float reach = lamp_reach(towards, lamp_aim, lamp_hood) / far_sq;
    float light = share * reach;
    for (int i = 0; i < maps; i++)
        light *= lit(s.at, s.normal, lamp_origin, lamp_aim.xyz, i == 0 ? lamp_tile : moving_tile);
    vec2 parts = light * vec2(max(dot(s.normal, towards), 0.0), glint(s, towards));
    sum = mix(vec2(s.albedo * parts.x + parts.y, 0.0), parts, parted);
}
