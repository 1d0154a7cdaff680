// What one post lamp adds to the standing world, times `share`.
uniform float share;
uniform vec3 lamp_at;
uniform vec4 lamp_aim;  // axis, cone's half angle
uniform float lamp_hood;
uniform vec4 lamp_tile;
layout(location = 0) out float sum;

void main() {
    float depth = texelFetch(store_depth, ivec2(gl_FragCoord.xy), 0).r;
    if (depth > SKY) { sum = 0.0; return; }
    Surface s = stored(depth);
    vec3 off = lamp_at - s.at;
    vec3 towards = off * inversesqrt(max(dot(off, off), 1.0e-6));
    float light = share * lamp_reach(towards, lamp_aim, lamp_hood) / max(dot(off, off), 0.04);
    sum = light * lamp_answer(s, towards) * lit(s.at, s.normal, lamp_at, lamp_aim.xyz, lamp_tile);
}
