// What one patch of the sky adds to the standing world, through what stands in its way.
uniform float share;
uniform mat4 plan;
uniform vec3 patch_aim;  // towards the patch
uniform sampler2DShadow patch_map;
layout(location = 0) out float sum;

void main() {
    float depth = texelFetch(store_depth, ivec2(gl_FragCoord.xy), 0).r;
    if (depth > SKY) { sum = 0.0; return; }
    Surface s = stored(depth);
    float cosine = dot(s.normal, patch_aim);
    float open = 0.0;
    if (cosine > 0.0) {
        vec3 spot = (plan * vec4(s.at + s.normal * 0.06 + patch_aim * 0.10, 1.0)).xyz;
        bool outside = max(abs(spot.x), abs(spot.y)) > 1.0;
        open = outside ? 1.0 : texture(patch_map, spot * 0.5 + 0.5);
    }
    // the mean over the half sphere of 2 cos is 1; an eighth comes from walls and ground whatever stands about
    sum = share * sky_answer(s, 0.12 + 0.88 * 2.0 * open * max(cosine, 0.0));
}
