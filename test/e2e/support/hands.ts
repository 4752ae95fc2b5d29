/**
 * The two ways to use a page: with a pointer, and with the keyboard alone, by Tab, Enter and Space, the
 * focus being in sight all the way. A journey that takes `Hands` is walked both ways.
 */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

export interface Hands {
  /** Fills in a field by its label. */
  readonly type: (label: string, text: string) => Promise<void>
  /** Presses a button, a link or what unfolds, by its name. */
  readonly press: (name: string | RegExp) => Promise<void>
  readonly check: (label: string) => Promise<void>
  /** Chooses the option of a list that begins with a text. */
  readonly choose: (label: string, option: string) => Promise<void>
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
/** A label, whatever explains it behind. */
const labelled = (label: string) => new RegExp(`^${escaped(label)}(?=\\s|$)`)
const isNamed = (name: string | RegExp) =>
  typeof name === 'string' ? new RegExp(`^${escaped(name)}( …|…)?$`) : name

export function pointer(page: Page): Hands {
  const field = (label: string) => page.getByLabel(labelled(label)).filter({ visible: true })
  return {
    type: (label, text) => field(label).fill(text),
    press: async (name) => {
      const button = page.getByRole('button', { name: isNamed(name) })
      const link = page.getByRole('link', { name: isNamed(name) })
      const summary = page.locator('summary').filter({ hasText: isNamed(name) })
      await button.or(link).or(summary).first().click()
    },
    check: (label) => field(label).check(),
    choose: async (label, option) => {
      const value = field(label).locator('option', { hasText: new RegExp(`^${escaped(option)}`) })
      await field(label).selectOption(await value.first().getAttribute('value'))
    },
  }
}

const FOCUSED = `(() => {
  const at = document.activeElement
  // While the next page is being loaded, nothing has the focus.
  if (!at) return { name: '', isField: false, isBody: true, isSeen: false }
  const style = getComputedStyle(at)
  const box = at.getBoundingClientRect()
  const label = at.labels?.[0]?.innerText
  return {
    name: (at.getAttribute('aria-label') ?? label ?? at.innerText ?? '').trim(),
    isField: ['INPUT', 'SELECT', 'TEXTAREA'].includes(at.tagName),
    isBody: at === document.body,
    isSeen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0,
  }
})()`

interface Focused {
  name: string
  isField: boolean
  isBody: boolean
  isSeen: boolean
}

/** What has the focus now; on the way to another page it is asked there. */
export async function focused(page: Page): Promise<Focused> {
  for (;;) {
    try {
      return await page.evaluate(FOCUSED)
    } catch (error) {
      if (!String(error).includes('navigation')) throw error
      await page.waitForLoadState()
    }
  }
}

const MAX_STOPS = 120
const LOOKS = 10

/** Fails when the focus cannot be seen. A page that is still being painted gets a moment. */
async function assertSeen(page: Page): Promise<void> {
  for (let looks = 1; ; looks++) {
    const { name, isBody, isSeen } = await focused(page)
    if (isBody || isSeen) return
    assert.ok(looks < LOOKS, `the focus on "${name}" is not to be seen on ${page.url()}`)
    await page.waitForTimeout(50)
  }
}

/** Tabs to what is wanted, every stop on the way being visible. */
async function tabTo(page: Page, name: RegExp, isField: boolean): Promise<void> {
  for (let stops = 0; stops < MAX_STOPS; stops++) {
    const at = await focused(page)
    if (!at.isBody && at.isField === isField && name.test(at.name)) return
    await page.keyboard.press('Tab')
    await assertSeen(page)
  }
  throw new Error(`Tab never came to ${String(name)} on ${page.url()}`)
}

export function keyboard(page: Page): Hands {
  const toField = (label: string) => tabTo(page, labelled(label), true)
  return {
    type: async (label, text) => {
      await toField(label)
      await page.keyboard.press('Control+A')
      await page.keyboard.insertText(text)
    },
    press: async (name) => {
      await tabTo(page, isNamed(name), false)
      await page.keyboard.press('Enter')
    },
    check: async (label) => {
      await toField(label)
      await page.keyboard.press('Space')
    },
    choose: async (label, option) => {
      await toField(label)
      await page.keyboard.type(option)
    },
  }
}
