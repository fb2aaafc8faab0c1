/** What an encoding may take of the estimate before it is too much: estimates swing. */
const HEADROOM = 0.9
/** An estimate must be so much above a better encoding before it is gone up to. */
const UP_MARGIN = 1.2

/**
 * The best encoding that a player can take.
 *
 * @param rates of the encodings in bits per second, best last; 0 for one that sends nothing
 * @param current index of what it has
 * @param bitrateBps what its link is thought to carry
 * @returns an index; the lowest that sends if all are too much
 */
export function chooseLayer(rates: readonly number[], current: number, bitrateBps: number): number {
  const sending = rates.flatMap((rate, i) => (rate > 0 ? [i] : []))
  const fits = sending.filter((i) => {
    const rate = rates[i] as number
    return i > current ? rate * UP_MARGIN <= bitrateBps : rate * HEADROOM <= bitrateBps
  })
  return fits.at(-1) ?? sending[0] ?? current
}
