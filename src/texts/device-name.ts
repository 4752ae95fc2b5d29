/** What a device is called, from its User-Agent: browser and operating system, without versions. */

// The order matters: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari.
const BROWSERS = [
  ['Edge', /Edg(?:e|A|iOS)?\//],
  ['Opera', /OPR\/|Opera/],
  ['Samsung Internet', /SamsungBrowser\//],
  ['Firefox', /Firefox\/|FxiOS\//],
  ['Chrome', /Chrome\/|CriOS\//],
  ['Safari', /Safari\//],
  ['curl', /^curl\//],
] as const
const SYSTEMS = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad|iPod/],
  ['Windows', /Windows/],
  ['macOS', /Macintosh|Mac OS X/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux|X11/],
] as const

const firstOf = (names: readonly (readonly [string, RegExp])[], text: string): string | undefined =>
  names.find(([, pattern]) => pattern.test(text))?.[0]

/** How a language joins the parts of a name. */
interface DeviceWords {
  readonly device: (browser: string, system: string) => string
  readonly unknownDevice: string
}

/**
 * The device's name out of our own lists, and nothing of what the client wrote: for mails, whose text no
 * stranger may choose.
 */
export function knownDeviceIn(words: DeviceWords, userAgent: string | null): string {
  const browser = firstOf(BROWSERS, userAgent ?? '')
  const system = firstOf(SYSTEMS, userAgent ?? '')
  if (browser && system) return words.device(browser, system)
  return browser ?? system ?? words.unknownDevice
}

/** What a device is called in a language, or what the client calls itself: for pages. */
export function deviceNameIn(words: DeviceWords, userAgent: string | null): string {
  const known = knownDeviceIn(words, userAgent)
  if (known !== words.unknownDevice) return known
  return /^[\w-]{1,30}(?=[\s/]|$)/.exec(userAgent ?? '')?.[0] ?? known
}

const ENGLISH: DeviceWords = {
  device: (browser, system) => `${browser} on ${system}`,
  unknownDevice: 'Unknown device',
}

/** The same whatever the reader's language: `Firefox on Windows`. */
export const deviceName = (userAgent: string | null): string => deviceNameIn(ENGLISH, userAgent)
