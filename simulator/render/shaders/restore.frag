// Brings the standing world's depth back before what moves is drawn over it.
uniform sampler2D still_depth;
layout(location = 0) out vec2 seen_light;
layout(location = 1) out float seen_depth;
void main() {
    seen_light = vec2(0.0);
    seen_depth = 0.0;
    gl_FragDepth = texelFetch(still_depth, ivec2(gl_FragCoord.xy), 0).r;
}
