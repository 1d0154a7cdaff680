// Brings the standing world's depth back before what moves is drawn over it.
uniform sampler2D still_depth;
uniform ivec2 lattice_step;   // in samples of `still_depth`
uniform ivec2 first_sample[4];
uniform ivec2 corners[4];     // of the moments' pictures in the framebuffer
flat in int part;
layout(location = 0) out float seen_light;
layout(location = 1) out float seen_depth;
void main() {
    ivec2 px = ivec2(gl_FragCoord.xy) - corners[part];
    seen_light = 0.0;
    seen_depth = 0.0;
    gl_FragDepth = texelFetch(still_depth, px * lattice_step + first_sample[part], 0).r;
}
