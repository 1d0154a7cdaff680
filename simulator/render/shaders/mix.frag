// Lays what moves, and its shadows, over the standing world.
uniform float share;
uniform float depth_share;       // 1 in the last moment, before it 0: both targets are summed up
uniform sampler2D base;         // the standing world in the moment's light
uniform sampler2D lamps;        // what the moment's own lamps add to it
uniform float with_lamps;
uniform float with_moving;
uniform sampler2D moving;       // twice as wide and high
uniform sampler2D moving_depth; // likewise; 0 where nothing moves
uniform sampler2D losses;
uniform sampler2D store_depth;
layout(location = 0) out float sum;
layout(location = 1) out float depth;

void main() {
    ivec2 px = ivec2(gl_FragCoord.xy);
    float loss = (2.0 * texelFetch(losses, px, 0).r
        + texelFetch(losses, px + ivec2(1, 0), 0).r + texelFetch(losses, px - ivec2(1, 0), 0).r
        + texelFetch(losses, px + ivec2(0, 1), 0).r + texelFetch(losses, px - ivec2(0, 1), 0).r) / 6.0;
    float light = max(texelFetch(base, px, 0).r - loss, 0.0);
    if (with_lamps > 0.5) light += texelFetch(lamps, px, 0).r;
    depth = texelFetch(store_depth, px, 0).r;
    if (with_moving > 0.5) {
        float covered = 0.0;
        float over = 0.0;
        for (int i = 0; i < 4; i++) {
            ivec2 fine = px * 2 + ivec2(i & 1, i >> 1);
            float near = texelFetch(moving_depth, fine, 0).r;
            if (near > 0.0) {
                covered += 0.25;
                over += 0.25 * texelFetch(moving, fine, 0).r;
                depth = min(depth, near);
            }
        }
        light = light * (1.0 - covered) + over;
    }
    sum = share * light;
    depth *= depth_share;
}
