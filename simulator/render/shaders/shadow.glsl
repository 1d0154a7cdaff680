// Shadow maps in one atlas of square tiles. A lamp owns one tile (a cone) or six (all round), from `tile` on.
// tile = (first tile, tiles, tan of the map's half angle, nearest m); side = (tiles in a row, texels of a tile).
uniform sampler2DShadow atlas;
uniform vec2 side;
uniform float slack;  // m; how far casters' coarser copies may lie before their surfaces

const float FARTHEST = 200.0;

vec3 any_across(vec3 aim) {
    return normalize(cross(aim, abs(aim.z) < 0.9 ? vec3(0.0, 0.0, 1.0) : vec3(1.0, 0.0, 0.0)));
}

float map_depth(float along, float nearest) {
    float scale = FARTHEST / (FARTHEST - nearest);
    return scale - scale * nearest / along;
}

// 1 where the lamp at `from` with axis `aim` sees the spot, 0 where something stands between.
float lit(vec3 at, vec3 normal, vec3 from, vec3 aim, vec4 tile) {
    if (tile.y < 0.5) return 1.0;
    vec3 towards = normalize(from - at);
    float lean = 1.0 - abs(dot(normal, towards));
    vec3 off = at + normal * (0.02 + 0.04 * lean) - from;
    float which = tile.x;
    if (tile.y > 5.5) {
        vec3 big = abs(off);
        if (big.x >= big.y && big.x >= big.z) { aim = vec3(sign(off.x), 0.0, 0.0); which += off.x > 0.0 ? 0.0 : 1.0; }
        else if (big.y >= big.z) { aim = vec3(0.0, sign(off.y), 0.0); which += off.y > 0.0 ? 2.0 : 3.0; }
        else { aim = vec3(0.0, 0.0, sign(off.z)); which += off.z > 0.0 ? 4.0 : 5.0; }
    }
    vec3 across = any_across(aim);
    vec3 upward = cross(across, aim);
    float along = dot(off, aim);
    vec2 spot = vec2(dot(off, across), dot(off, upward)) / (max(along, 1.0e-3) * tile.z);
    if (along < tile.w || max(abs(spot.x), abs(spot.y)) > 1.0) return 1.0;
    float bias = slack + along * tile.z / side.y * (1.5 + 3.0 * lean);
    vec2 edge = vec2(1.0 / side.y);
    vec2 inside = clamp(spot * 0.5 + 0.5, edge, 1.0 - edge);
    vec2 corner = vec2(mod(which, side.x), floor(which / side.x));
    float depth = map_depth(max(along - bias, tile.w), tile.w);
    return texture(atlas, vec3((corner + inside) / side.x, depth));
}
