// A solid's corners: geometry that may change at every picture, and materials that do not.
in vec3 in_at;
in vec3 in_normal;
in float in_albedo;
in vec4 in_made;  // gloss, roughness, retro, glow
out vec3 at;
out vec3 normal;
out float albedo;
flat out vec4 made;
out float axis_depth;

void main() {
    at = in_at;
    normal = in_normal;
    albedo = in_albedo;
    made = in_made;
    gl_Position = seen(in_at);
    axis_depth = gl_Position.w;
}
