// One sample of the layers that the infrared lamp's strength, the sky's and the post lamps' state are factors of.
uniform float share;
uniform vec4 posts[16];  // places; w: 1 where there is one
uniform vec4 infrared_tile;
layout(location = 0) out vec4 sums;  // infrared, own glow, glow of post lamps' heads, sky itself

void main() {
    float depth = texelFetch(store_depth, ivec2(gl_FragCoord.xy), 0).r;
    if (depth > SKY) {
        sums = vec4(0.0, 0.0, 0.0, share);
        return;
    }
    Surface s = stored(depth);
    float glow = texelFetch(store_made, ivec2(gl_FragCoord.xy), 0).w;
    float of_post = 0.0;
    for (int i = 0; i < 16; i++) of_post = max(of_post, posts[i].w * step(distance(posts[i].xyz, s.at), 0.9));
    float infrared = infrared_irradiance(s.at) * infrared_answer(s);
    infrared *= lit(s.at, s.normal, infrared_at, ahead, infrared_tile);
    sums = vec4(infrared, glow * (1.0 - of_post), glow * of_post, 0.0) * share;
}
