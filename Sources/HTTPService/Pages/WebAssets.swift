import CWebAssets

/// The files of `Resources` that travel inside the binary.
package enum WebAssets {
    /// Every embedded file by its path below `Resources`.
    package static func all() -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        var index = 0
        while let name = web_asset_at(index).name {
            let asset = web_asset_at(index)
            files[String(cString: name)] = Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
            index += 1
        }
        return files
    }
}
