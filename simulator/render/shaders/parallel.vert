// Casters as parallel rays see them (one patch of sky), or any other affine map.
in vec3 in_at;
uniform mat4 plan;
void main() { gl_Position = plan * vec4(in_at, 1.0); }
