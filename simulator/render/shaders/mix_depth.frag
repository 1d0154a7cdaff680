// The nearest depth in each pixel, moving or standing.
uniform sampler2D store_depth;
uniform sampler2D moving_depth;  // twice as wide and high; 0 where nothing moves
layout(location = 0) out float depth;

void main() {
    ivec2 px = ivec2(gl_FragCoord.xy);
    depth = texelFetch(store_depth, px, 0).r;
    for (int i = 0; i < 4; i++) {
        float near = texelFetch(moving_depth, px * 2 + ivec2(i & 1, i >> 1), 0).r;
        if (near > 0.0) depth = min(depth, near);
    }
}
