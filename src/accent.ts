/**
 * Shades of the configured accent color for pages and emails. They stay readable in both color
 * schemes, by WCAG 2.2 contrast: 4.5 for text, 3 for everything else.
 */

type Rgb = readonly [number, number, number]

const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]
/** The backgrounds of gatehouse.css that are least favorable for text in the accent color. */
const LIGHT_SURFACE: Rgb = [240, 241, 245]
const DARK_SURFACE: Rgb = [33, 36, 46]
const TEXT_CONTRAST = 4.8
const SHAPE_CONTRAST = 3.1
const STEP = 0.04

const parse = (hex: string): Rgb => [
  Number.parseInt(hex.slice(1, 3), 16),
  Number.parseInt(hex.slice(3, 5), 16),
  Number.parseInt(hex.slice(5, 7), 16),
]
const toHex = (colour: Rgb): string =>
  `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`

/** Relative luminance (WCAG 2.2). */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

const mix = (from: Rgb, to: Rgb, share: number): Rgb => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
]

/** The color, mixed with another only as far as the contrast requires. */
function readable(colour: Rgb, surface: Rgb, towards: Rgb, least: number): Rgb {
  for (let share = 0; share < 1; share += STEP) {
    const mixed = mix(colour, towards, share)
    if (contrast(mixed, surface) >= least) return mixed
  }
  return towards
}

interface Shades {
  /** Background of buttons and other shapes, as #rrggbb. */
  readonly fill: string
  /** Text on `fill`. */
  readonly ink: string
  /** Text in the accent color on a plain background. */
  readonly text: string
}

function shades(accent: Rgb, surface: Rgb, towards: Rgb): Shades {
  const fill = readable(accent, surface, towards, SHAPE_CONTRAST)
  const ink = contrast(WHITE, fill) >= 4.5 ? WHITE : BLACK
  const text = readable(accent, surface, towards, TEXT_CONTRAST)
  return { fill: toHex(fill), ink: toHex(ink), text: toHex(text) }
}

/** The shades of an accent color such as #3f46d6 on a light background, for emails. */
export const lightShades = (accent: string): Shades => shades(parse(accent), LIGHT_SURFACE, BLACK)

/** The CSS custom properties of an accent color such as #3f46d6, for both color schemes. */
export function accentStyle(accent: string): string {
  const light = lightShades(accent)
  const dark = shades(parse(accent), DARK_SURFACE, WHITE)
  const both = (name: string, shade: keyof Shades) =>
    `--${name}:light-dark(${light[shade]},${dark[shade]})`
  return `:root{${both('accent', 'fill')};${both('accent-ink', 'ink')};${both('accent-text', 'text')}}`
}
