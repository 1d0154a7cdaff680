// Glossy things that move: light at every pixel.
in vec3 at;
in vec3 normal;
in float albedo;
flat in vec4 made;
in float axis_depth;
layout(location = 0) out float seen_light;
layout(location = 1) out float seen_depth;

void main() {
    Surface s;
    s.at = at;
    s.to_lens = normalize(lens - at);
    s.normal = turned_to_lens(normal, at, s.to_lens);
    s.albedo = albedo;
    s.gloss = made.x;
    s.roughness = made.y;
    s.retro = made.z;
    seen_light = made.w + all_light(s);
    seen_depth = axis_depth;
}
