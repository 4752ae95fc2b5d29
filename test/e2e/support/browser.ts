/**
 * One Chromium for the run, and pages in it that are watched: whatever the console, the network or the
 * content policy complains of fails the journey that opened them.
 */
import { after } from 'node:test'
import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { base, stopSite } from './site.ts'

/** A bound for what hangs, not a measure of speed. */
const PATIENCE_MS = 30_000

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
after(async () => {
  await browser.close()
  await stopSite()
})

export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** What went wrong so far; empty when nothing did. */
  readonly faults: string[]
}

/** A fresh browser profile, so nobody is signed in. It may load from these origins alone. */
export async function visit(
  options: BrowserContextOptions = {},
  origins: readonly string[] = [base],
): Promise<Visit> {
  const context = await browser.newContext({ baseURL: base, locale: 'en-GB', ...options })
  const faults: string[] = []
  context.on('console', (message) => {
    // The browser reports every answer that is no success, which refusals of forms are on purpose.
    const isStatus = /the server responded with a status of 4\d\d/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !isStatus) faults.push(message.text())
  })
  context.on('weberror', (error) => faults.push(String(error.error())))
  context.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} ${response.url()}`)
    if (!origins.includes(new URL(response.url()).origin)) faults.push(`loaded ${response.url()}`)
  })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  return { page, context, faults }
}

/** The path that a page is at. */
export const pathOf = (page: Page): string => new URL(page.url()).pathname
