/**
 * Fires the cron triggers of wrangler.toml locally, in UTC, at each full minute. `wrangler dev`
 * does not, and without the minutely sweep an outbox row whose queue message was lost would never
 * be performed.
 */
import { readFileSync } from 'node:fs'

const MINUTE_MS = 60_000
// Timers may fire slightly early, which would run a minute twice.
const AFTER_THE_FULL_MINUTE_MS = 50

function readCrons(): string[] {
  const [, list = ''] =
    /^crons\s*=\s*\[([^\]]*)\]/m.exec(readFileSync('wrangler.toml', 'utf8')) ?? []
  return Array.from(list.matchAll(/["']([^"']+)["']/g), ([, cron = '']) => cron)
}

/** One field of a cron expression: `*`, `7`, `1-5`, `1,2`, with or without a step. */
function fieldMatches(field: string, value: number, least: number): boolean {
  return field.split(',').some((part) => {
    const [range = '', step] = part.split('/')
    const [from = '', to = step === undefined ? from : '59'] = range.split('-')
    const [first, last] = range === '*' ? [least, 59] : [Number(from), Number(to)]
    return value >= first && value <= last && (value - first) % Number(step ?? 1) === 0
  })
}

/** Names (MON, JAN) and the letters L, W and # are not supported: such a field never matches. */
function cronMatches(cron: string, at: Date): boolean {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.split(/\s+/)
  return (
    fieldMatches(minute, at.getUTCMinutes(), 0) &&
    fieldMatches(hour, at.getUTCHours(), 0) &&
    fieldMatches(day, at.getUTCDate(), 1) &&
    fieldMatches(month, at.getUTCMonth() + 1, 1) &&
    fieldMatches(weekday, at.getUTCDay() + 1, 1)
  )
}

export function playCrons(origin: string) {
  const crons = readCrons()
  const tick = () => {
    for (const cron of crons.filter((expression) => cronMatches(expression, new Date()))) {
      const url = `${origin}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cron)}`
      // wrangler logs a handler that throws. A service that is reloading misses one minute.
      fetch(url).catch(() => undefined)
    }
    scheduleNext()
  }
  const scheduleNext = () =>
    setTimeout(tick, MINUTE_MS - (Date.now() % MINUTE_MS) + AFTER_THE_FULL_MINUTE_MS)
  scheduleNext()
}
