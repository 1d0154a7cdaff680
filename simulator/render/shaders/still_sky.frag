// What some patches of the sky add to the standing world, through what stands in their way; and its albedo.
uniform float share;
uniform mat4 plans[PATCHES];
uniform vec3 patch_aims[PATCHES];  // towards the patches
uniform sampler2DShadow patch_maps;  // side by side
layout(location = 0) out vec2 sum;

void main() {
    float depth = texelFetch(store_depth, ivec2(gl_FragCoord.xy), 0).r;
    if (depth > SKY) { sum = vec2(0.0); return; }
    Surface s = stored(depth);
    float open = 0.0;
    for (int i = 0; i < PATCHES; i++) {
        float cosine = max(dot(s.normal, patch_aims[i]), 0.0);
        vec3 spot = (plans[i] * vec4(s.at + s.normal * 0.06 + patch_aims[i] * 0.10, 1.0)).xyz * 0.5 + 0.5;
        bool outside = min(spot.x, spot.y) < 0.0 || max(spot.x, spot.y) > 1.0;
        float seen = texture(patch_maps, vec3((spot.x + float(i)) / float(PATCHES), spot.yz));
        open += cosine * (outside ? 1.0 : seen);
    }
    // the mean over the half sphere of 2 cos is 1; an eighth comes from walls and ground whatever stands about
    sum = share * vec2(sky_answer(s, 0.12 + 0.88 * 2.0 * open / float(PATCHES)), s.albedo);
}
