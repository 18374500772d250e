extension QRSymbol {
    /// How badly it reads; the mask with the least is taken (ISO/IEC 18004 section 7.8.3).
    var penalty: Int {
        let columns = modules.indices.map { x in modules.map { $0[x] } }
        return (modules + columns).reduce(0) { $0 + Self.runs(in: $1) + Self.finderLikes(in: $1) } + squares + balance
    }

    /// Five or more alike in a row: three, and one for each further module.
    private static func runs(in line: [Bool]) -> Int {
        var (penalty, length) = (0, 0)
        for (index, module) in line.enumerated() {
            length = index > 0 && line[index - 1] == module ? length + 1 : 1
            if length == 5 { penalty += 3 } else if length > 5 { penalty += 1 }
        }
        return penalty
    }

    /// Dark and light as in a finder, 1:1:3:1:1, with four light modules before or after it: forty. What lies outside
    /// is light.
    private static func finderLikes(in line: [Bool]) -> Int {
        let finder = [true, false, true, true, true, false, true]
        var penalty = 0
        for start in 0...(line.count - finder.count) where Array(line[start..<(start + finder.count)]) == finder {
            let before = line[max(0, start - 4)..<start]
            let after = line[(start + finder.count)..<min(line.count, start + finder.count + 4)]
            if !before.contains(true) { penalty += 40 }
            if !after.contains(true) { penalty += 40 }
        }
        return penalty
    }

    /// Each two by two modules of one colour: three.
    private var squares: Int {
        var penalty = 0
        for y in 1..<modules.count {
            for x in 1..<modules.count {
                let module = modules[y][x]
                if modules[y - 1][x] == module, modules[y][x - 1] == module, modules[y - 1][x - 1] == module {
                    penalty += 3
                }
            }
        }
        return penalty
    }

    /// Ten for each full five per cent by which the dark modules differ from a half.
    private var balance: Int {
        let dark = modules.reduce(0) { $0 + $1.count { $0 } }
        let total = modules.count * modules.count
        return 10 * (abs(dark * 20 - total * 10) / total)
    }
}
