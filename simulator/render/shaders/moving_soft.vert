// Dull things of small triangles that move (people, animals, leaves): light at their corners only.
in vec3 in_at;
in vec3 in_normal;
in float in_albedo;
in vec4 in_made;  // gloss, roughness, retro, glow
uniform float infrared;
out float light;
out float axis_depth;
uniform vec4 lattice;  // of the moment's samples

void main() {
    Surface s;
    s.at = in_at;
    s.to_lens = normalize(lens - in_at);
    s.normal = dot(in_normal, s.to_lens) < 0.0 ? -in_normal : in_normal;
    s.albedo = in_albedo;
    s.gloss = in_made.x;
    s.roughness = in_made.y;
    s.retro = in_made.z;
    light = in_made.w + infrared * infrared_irradiance(in_at) * infrared_answer(s) + lamps_light(s);
    gl_Position = seen_at(in_at, lattice);
    axis_depth = gl_Position.w;
}
