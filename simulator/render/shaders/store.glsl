// The standing world's store of surfaces, read back at this pixel.
uniform sampler2D store_normal;
uniform sampler2D store_made;
uniform sampler2D store_depth;

Surface stored(float depth) {
    ivec2 px = ivec2(gl_FragCoord.xy);
    vec4 first = texelFetch(store_normal, px, 0);
    vec4 made = texelFetch(store_made, px, 0);
    Surface s;
    s.at = lens + ray(gl_FragCoord.xy) * depth;
    s.normal = first.xyz;
    s.to_lens = normalize(lens - s.at);
    s.albedo = first.w;
    s.gloss = made.x;
    s.roughness = made.y;
    s.retro = made.z;
    return s;
}
