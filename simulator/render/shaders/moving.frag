// Glossy things that move, see moving_solid.vert.
in vec3 at;
in vec3 normal;
in float albedo;
in float light;
uniform float infrared;
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
    seen_light = light + infrared * infrared_irradiance(at) * infrared_answer(s);
    seen_depth = axis_depth;
}
