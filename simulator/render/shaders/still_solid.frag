// The standing world's bodies into the store of surfaces.
in vec3 at;
in vec3 normal;
in float albedo;
flat in vec4 made;
in float axis_depth;
layout(location = 0) out vec4 store_normal;  // normal, albedo
layout(location = 1) out vec4 store_made;
layout(location = 2) out float store_depth;

void main() {
    vec3 to_lens = normalize(lens - at);
    store_normal = vec4(turned_to_lens(normal, at, to_lens), albedo);
    store_made = made;
    store_depth = axis_depth;
}
