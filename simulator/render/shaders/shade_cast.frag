// The light of one lamp that a shadow takes away, where the ground is seen.
uniform sampler2D store_depth;
uniform sampler2DArray layers;
uniform float layer;
uniform float strength;
in float axis_depth;
layout(location = 0) out float loss;
void main() {
    ivec2 px = ivec2(gl_FragCoord.xy);
    if (abs(texelFetch(store_depth, px, 0).r - axis_depth) > 0.03 + 0.004 * axis_depth) discard;
    loss = strength * texelFetch(layers, ivec3(px, int(layer)), 0).r;
}
