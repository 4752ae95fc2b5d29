/** Seeded changes of bytes, client data, CBOR, DER and base64url. Each returns something else. */
import type { Random } from '../simulation/random'
import { type Bytes, fromBase64Url, join, toDer, utf8 } from '../support/webauthn-bytes'

export type Mutate = (random: Random, bytes: Bytes) => Bytes

export const one = <T>(random: Random, from: readonly T[]): T =>
  from[random.below(from.length)] as T
const some = (random: Random, most: number) =>
  Uint8Array.from({ length: 1 + random.below(most) }, () => random.below(256))

export const mutateBytes: Mutate = (random, bytes) => {
  const at = random.below(Math.max(bytes.length, 1))
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  return one(random, [
    () => join(before, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))), after.subarray(1)),
    () => join(before, some(random, 1), after.subarray(1)),
    () => before.slice(),
    () => after.slice(),
    () => join(bytes, some(random, 4)),
    () => join(before, some(random, 4), after),
    () => join(before, after.subarray(1 + random.below(4))),
    () => join(before, after.subarray(0, 8), after),
  ])()
}

/** The same number of bytes, of which one differs. */
export const flipBit: Mutate = (random, bytes) => {
  const at = random.below(bytes.length)
  return bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.below(8)))
}

/** Members of client data, its spelling and its encoding. */
export const mutateClientData: Mutate = (random, bytes) => {
  const text = new TextDecoder().decode(bytes)
  const data: Record<string, unknown> = JSON.parse(text)
  const member = one(random, ['type', 'challenge', 'origin', 'crossOrigin', 'topOrigin'])
  const values = [undefined, null, true, false, '', 0, 'webauthn.get', 'webauthn.create', [], {}]
  const value = one(random, [...values, 'https://www.example.com', 'https://example.com/', 'AAAA'])
  return one(random, [
    () => utf8(JSON.stringify({ ...data, [member]: value })),
    () => utf8(JSON.stringify({ ...data, [member]: [data[member]] })),
    () => utf8(JSON.stringify({ ...data, [member]: `${String(data[member])} ` })),
    () => utf8(JSON.stringify({ [member.toUpperCase()]: data[member], ...data })),
    () => utf8(`${text.slice(0, -1)},"${member}":${JSON.stringify(value ?? null)}}`),
    () => utf8(`\uFEFF${text}`),
    () => utf8(`[${text}]`),
    () => join(bytes.subarray(0, -2), Uint8Array.of(0xc3), bytes.subarray(-2)),
    () => join(utf8('{"x":"'), Uint8Array.of(0xff), utf8('",'), bytes.subarray(1)),
  ])()
}

interface Item {
  readonly start: number
  readonly headEnd: number
  readonly end: number
  readonly major: number
  readonly argument: number
  readonly children: readonly Item[]
}

/** Reads CBOR that is known to be right. */
function itemAt(bytes: Bytes, start: number): Item {
  const first = bytes[start] ?? 0
  const [major, info] = [first >> 5, first & 31]
  const headEnd = start + 1 + (info < 24 ? 0 : 2 ** (info - 24))
  const more = bytes.subarray(start + 1, headEnd)
  const argument = info < 24 ? info : more.reduce((sum, byte) => sum * 256 + byte, 0)
  const count = major === 4 ? argument : major === 5 ? 2 * argument : 0
  const children: Item[] = []
  let end = major === 2 || major === 3 ? headEnd + argument : headEnd
  for (let i = 0; i < count; i += 1) {
    const child = itemAt(bytes, end)
    children.push(child)
    end = child.end
  }
  return { start, headEnd, end, major, argument, children }
}

const flat = (item: Item): Item[] => [item, ...item.children.flatMap(flat)]

/** The first bytes of an item, in a form that is longer by so many steps than it must be. */
function head(major: number, argument: number, longer = 0): Bytes {
  const shortest = argument < 24 ? 0 : argument < 256 ? 1 : argument < 65536 ? 2 : 3
  const step = Math.min(shortest + longer, 4)
  if (step === 0) return Uint8Array.of((major << 5) | argument)
  const number = Uint8Array.from({ length: 8 }, (_, i) =>
    Number((BigInt(argument) >> BigInt(8 * (7 - i))) & 255n),
  )
  return join(Uint8Array.of((major << 5) | (23 + step)), number.subarray(8 - 2 ** (step - 1)))
}

const SMALL = ['00', '20', '40', '60', '80', 'a0', 'f5', 'f6', 'f7', 'fa40400000', 'f97e00', 'c100']

/** Changes one item of right CBOR: its length, its form, its type, or the pairs of a map. */
export const mutateCbor: Mutate = (random, bytes) => {
  const item = one(random, flat(itemAt(bytes, 0)))
  const { major, argument, children } = item
  const content = bytes.subarray(item.headEnd, item.end)
  const isMap = major === 5 && argument > 0
  const pairs = Array.from({ length: isMap ? argument : 0 }, (_, i) =>
    bytes.subarray(children[2 * i]?.start, children[2 * i + 1]?.end),
  )
  const key = bytes.subarray(children[0]?.start, children[0]?.end)
  const small = () => Uint8Array.fromHex(one(random, SMALL))
  const changed = one(random, [
    () => join(head(major, argument, 1 + random.below(2)), content),
    () => join(head(major, argument + 1), content),
    () => join(head(major, Math.max(argument - 1, 0)), content),
    () => join(Uint8Array.of((major << 5) | 31), content, Uint8Array.of(0xff)),
    small,
    () => join(Uint8Array.of(0x81), head(major, argument), content),
    () => join(Uint8Array.of(0xc1), head(major, argument), content),
    ...(isMap
      ? [
          () => join(head(major, argument + 1), content, pairs[0] ?? key),
          () => join(head(major, argument + 1), content, key, small()),
          () => join(head(major, argument + 1), utf8('cnew'), small(), content),
          () => join(head(major, argument - 1), ...pairs.slice(1)),
          () => join(head(major, argument), ...pairs.toReversed()),
        ]
      : []),
  ])()
  return join(bytes.subarray(0, item.start), changed, bytes.subarray(item.end))
}

/** ECDSA signatures in BER, and with other numbers. */
export const mutateDer: Mutate = (random, der) => {
  const content = der.subarray(2)
  const [rBytes = 0] = der.subarray(3)
  const [r, s] = [der.subarray(4, 4 + rBytes), der.subarray(6 + rBytes)]
  const integer = (bytes: Uint8Array) => join(Uint8Array.of(2, bytes.length), bytes)
  const sequence = (...parts: Bytes[]) => {
    const all = join(...parts)
    return join(Uint8Array.of(0x30, all.length), all)
  }
  const zero = Uint8Array.of(0)
  return one(random, [
    () => join(Uint8Array.of(0x30, 0x81, content.length), content),
    () => join(Uint8Array.of(0x30, 0x80), content, zero, zero),
    () => sequence(integer(join(zero, r)), integer(s)),
    () => sequence(integer(r), integer(join(zero, s))),
    () => sequence(integer(r.slice(r[0] === 0 ? 1 : 0)), integer(s.slice(s[0] === 0 ? 1 : 0))),
    () => sequence(integer(r), integer(s), integer(zero)),
    () => sequence(integer(s), integer(r)),
    () => sequence(integer(r)),
    () => join(der, zero),
    () => join(sequence(integer(r), integer(s), zero)),
  ])()
}

/** The order of P-256. A signature stays right when s becomes n - s. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
export function otherS(der: Bytes): Bytes {
  const rBytes = der[3] ?? 0
  const number = (bytes: Uint8Array) => BigInt(`0x${bytes.toHex()}`)
  const hex = (value: bigint) => value.toString(16).padStart(64, '0')
  const [r, s] = [number(der.subarray(4, 4 + rBytes)), number(der.subarray(6 + rBytes))]
  return toDer(Uint8Array.fromHex(hex(r) + hex(N - s)) as Bytes)
}

/** Other spellings of base64url, some of the same bytes. */
export function mutateText(random: Random, text: string): string {
  const at = random.below(text.length)
  return one(random, [
    () => `${text}=`,
    () => `${text}==`,
    () => ` ${text}`,
    () => `${text.slice(0, at)}\n${text.slice(at)}`,
    () => text.replaceAll('-', '+').replaceAll('_', '/'),
    () => fromBase64Url(text).toBase64(),
    () => text.slice(0, -1),
    () => `${text}A`,
    () => `${text.slice(0, -1)}${'AEIQUYcgkosw048BCD'.charAt(random.below(18))}`,
    () => '',
  ])()
}
