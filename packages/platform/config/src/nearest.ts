/** The name that is written most like `wanted`; undefined when none is near. */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  if (wanted.length > MAX_LENGTH) return undefined
  let best: string | undefined
  // a third of the letters may be wrong, and those of short names at least in one place
  let least = Math.max(2, Math.ceil(wanted.length / 3) + 1)
  for (const name of names) {
    const distance = editDistance(wanted, name)
    if (distance < least) [best, least] = [name, distance]
  }
  return best
}

const MAX_LENGTH = 64

/** Letters to change, add, remove or swap with their neighbour until one is the other (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min(change, row[j]! + 1, next[j - 1]! + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) next[j] = Math.min(next[j]!, before[j - 2]! + 1)
    }
    before = row
    row = next
  }
  return row[b.length]!
}
