// Glossy things that move: the infrared lamp's light at every pixel, that of other lamps at their corners.
in vec3 in_at;
in vec3 in_normal;
in float in_albedo;
in vec4 in_made;  // gloss, roughness, retro, glow
out vec3 at;
out vec3 normal;
out float albedo;
out float light;
flat out vec4 made;
out float axis_depth;
uniform vec4 lattice;  // of the moment's samples

void main() {
    at = in_at;
    normal = in_normal;
    albedo = in_albedo;
    made = in_made;
    Surface s;
    s.at = in_at;
    s.to_lens = normalize(lens - in_at);
    s.normal = in_normal;
    s.albedo = in_albedo;
    s.gloss = in_made.x;
    s.roughness = max(in_made.y, 0.2);  // a narrow glint would fall between the corners
    s.retro = 0.0;
    light = in_made.w + lamps_light(s);
    gl_Position = seen_at(in_at, lattice);
    axis_depth = gl_Position.w;
}
