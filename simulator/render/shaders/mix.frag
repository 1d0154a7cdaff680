// Lays what moves, and its shadows, over the standing world.
uniform sampler2D base;         // the standing world in the moment's light
uniform sampler2D lamps;        // what the moment's own lamps add to it
uniform float with_lamps;
uniform float with_moving;
uniform sampler2D moving;
uniform sampler2D moving_depth; // 0 where nothing moves
uniform ivec2 grow;             // of the picture's pixels to those of `moving`
uniform ivec2 samples[4];       // of a pixel, in `moving`
uniform int count;
uniform int last;               // from this sample on they are of the last moment
uniform sampler2D losses;
uniform sampler2D store_depth;
layout(location = 0) out float sum;
layout(location = 1) out float depth;

void main() {
    ivec2 px = ivec2(gl_FragCoord.xy);
    float loss = (2.0 * texelFetch(losses, px, 0).r
        + texelFetch(losses, px + ivec2(1, 0), 0).r + texelFetch(losses, px + ivec2(0, 1), 0).r) / 4.0;
    float light = max(texelFetch(base, px, 0).r - loss, 0.0);
    if (with_lamps > 0.5) light += texelFetch(lamps, px, 0).r;
    depth = texelFetch(store_depth, px, 0).r;
    if (with_moving > 0.5) {
        float covered = 0.0;
        float over = 0.0;
        for (int i = 0; i < count; i++) {
            ivec2 at = px * grow + samples[i];
            float near = texelFetch(moving_depth, at, 0).r;
            if (near > 0.0) {
                covered += 1.0;
                over += texelFetch(moving, at, 0).r;
                if (i >= last) depth = min(depth, near);
            }
        }
        light = (light * (float(count) - covered) + over) / float(count);
    }
    sum = light;
}
