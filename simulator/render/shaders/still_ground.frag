// The flat ground, exactly where each pixel's ray meets it.
uniform sampler2D ground;  // albedo, gloss
uniform vec4 patch_m;      // origin x, y, width, height
layout(location = 0) out vec4 store_normal;
layout(location = 1) out vec4 store_made;
layout(location = 2) out float store_depth;

// A pixel far off sees a long, narrow strip: several reads along it, each as wide as the strip (a driver without a
// graphics card takes seconds for its own anisotropic filter).
vec2 filtered(vec2 spot, vec2 across, vec2 along) {
    if (dot(across, across) > dot(along, along)) { vec2 other = across; across = along; along = other; }
    vec2 texels = vec2(textureSize(ground, 0));
    float narrow = max(length(across * texels), length(along * texels) / 8.0);
    float level = log2(max(narrow, 1.0e-3));
    vec2 sum = vec2(0.0);
    for (int i = 0; i < 4; i++) sum += textureLod(ground, spot + along * ((float(i) + 0.5) / 4.0 - 0.5), level).rg;
    return sum * 0.25;
}

void main() {
    vec3 way = ray(gl_FragCoord.xy);
    float depth = way.z < -1.0e-5 ? -lens.z / way.z : 1.0e9;
    vec2 at = lens.xy + way.xy * min(depth, 3900.0);
    vec2 spot = (at - patch_m.xy) / patch_m.zw;
    vec2 made = filtered(spot, dFdx(spot), dFdy(spot));
    if (depth > 3900.0) discard;
    store_normal = vec4(0.0, 0.0, 1.0, made.r);
    store_made = vec4(made.g, mix(0.45, 0.12, clamp(made.g, 0.0, 1.0)), 0.0, 0.0);
    store_depth = depth;
    const float near = 0.2;
    const float far = 4000.0;
    gl_FragDepth = far / (far - near) * (1.0 - near / depth);
}
