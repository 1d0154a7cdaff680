// Lays what moves, and its shadows, over the standing world.
uniform float share;
uniform sampler2D base;     // the standing world in the moment's light
uniform sampler2D lamps;    // what the moment's own lamps add
uniform float with_lamps;
uniform sampler2D moving;   // twice as wide and high
uniform sampler2D losses;
layout(location = 0) out float sum;

void main() {
    ivec2 px = ivec2(gl_FragCoord.xy);
    vec2 light = texelFetch(moving, px * 2, 0).rg + texelFetch(moving, px * 2 + ivec2(1, 0), 0).rg
        + texelFetch(moving, px * 2 + ivec2(0, 1), 0).rg + texelFetch(moving, px * 2 + ivec2(1, 1), 0).rg;
    light *= 0.25;
    float loss = 0.0;
    for (int y = -1; y <= 1; y++)
        for (int x = -1; x <= 1; x++)
            loss += texelFetch(losses, px + ivec2(x, y), 0).r * float((2 - abs(x)) * (2 - abs(y)));
    float still = max(texelFetch(base, px, 0).r - loss / 16.0, 0.0);
    still += with_lamps * texelFetch(lamps, px, 0).r;
    sum = share * (still * (1.0 - light.g) + light.r);
}
