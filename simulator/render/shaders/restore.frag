// Brings the standing world's depth back before what moves is drawn over it.
uniform sampler2D still_depth;
layout(location = 0) out float seen_light;
layout(location = 1) out float seen_depth;
void main() {
    seen_light = 0.0;
    seen_depth = 0.0;
    gl_FragDepth = texelFetch(still_depth, ivec2(gl_FragCoord.xy), 0).r;
}
