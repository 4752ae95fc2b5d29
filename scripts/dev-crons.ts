/**
 * Plays the platform's clock: `wrangler dev` fires no cron by itself, and without the sweep every
 * minute an outbox row whose queue message was lost would wait for ever. Fires the expressions of
 * wrangler.toml, in UTC, at each full minute.
 */
import { readFileSync } from 'node:fs'

const MINUTE_MS = 60_000
// Timers may fire a trifle early: without this a minute would be played twice.
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

/** Names (MON, JAN) and the letters L, W and # are not understood: such a field never matches. */
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
      // A handler that throws is logged by wrangler; a service that reloads just misses a minute.
      fetch(url).catch(() => undefined)
    }
    scheduleNext()
  }
  const scheduleNext = () =>
    setTimeout(tick, MINUTE_MS - (Date.now() % MINUTE_MS) + AFTER_THE_FULL_MINUTE_MS)
  scheduleNext()
}
