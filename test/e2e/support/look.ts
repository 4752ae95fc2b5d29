/** How a page looks and reads: axe-core's findings, and pictures in the git-ignored .screenshots/. */
import { mkdirSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

const FOLDER = `${import.meta.dirname}/../../../.screenshots`
/** Where the README's pictures go: into docs/images when they are to be kept. */
const README_FOLDER = `${import.meta.dirname}/../../../${process.env.PICTURES ?? '.screenshots'}`
mkdirSync(FOLDER, { recursive: true })

/**
 * A small phone, a tablet, a laptop and a large screen. axe-core looks at the last of each, so at large
 * light screens and dark phones.
 */
const WIDTHS = { light: [320, 768, 1280, 1920], dark: [1920, 1280, 768, 320] } as const
type Scheme = keyof typeof WIDTHS

/** axe-core's violations as one line each. */
async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)
}

/**
 * True when something is wider than the window. A page that a click led to can be measured before its
 * style sheets have come, and is wide then: hence the wait.
 */
export async function overflows(page: Page): Promise<boolean> {
  await page.waitForLoadState()
  return page.evaluate(
    'document.documentElement.scrollWidth > document.documentElement.clientWidth',
  )
}

/** One picture of the whole page. */
export const picture = (page: Page, name: string): Promise<unknown> =>
  page.screenshot({ path: `${FOLDER}/${name}.png`, fullPage: true })

/** A picture for the README: what fits the window, in a scheme. */
export async function readmePicture(
  page: Page,
  name: string,
  colorScheme: Scheme = 'light',
): Promise<void> {
  await page.emulateMedia({ colorScheme })
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.mouse.move(0, 0)
  await page.evaluate('scrollTo(0, 0)')
  await page.screenshot({ path: `${README_FOLDER}/${name}.png`, animations: 'disabled' })
}

/** A page in both schemes and all widths: pictures by the name, and what is wrong with it. */
export async function lookAt(page: Page, name: string): Promise<string[]> {
  const faults: string[] = []
  for (const [colorScheme, widths] of Object.entries(WIDTHS) as [Scheme, readonly number[]][]) {
    await page.emulateMedia({ colorScheme })
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 })
      if (await overflows(page)) faults.push(`${name} is wider than ${width}`)
      await picture(page, `${name}-${colorScheme}-${width}`)
    }
    for (const found of await violations(page)) faults.push(`${name} ${colorScheme}: ${found}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
  return faults
}

/** Pages by name and path, with everything unfolded: what is wrong with them. Also a picture of each as it opens. */
export async function lookAtAll(
  page: Page,
  pages: readonly (readonly [name: string, path: string])[],
): Promise<string[]> {
  const faults: string[] = []
  for (const [name, path] of pages) {
    await page.goto(path)
    await picture(page, `${name}-closed`)
    await page.evaluate(
      "document.querySelectorAll('details').forEach((each) => (each.open = true))",
    )
    faults.push(...(await lookAt(page, name)))
  }
  return faults
}
