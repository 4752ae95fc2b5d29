/** Two-factor authentication with a real code, computed from what the QR code says. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { codeAt, STEP_MS } from '../support/totp.ts'
import { pathOf, visit } from './support/browser.ts'
import { keyboard, pointer } from './support/hands.ts'
import { lookAt } from './support/look.ts'
import { verifiedPerson, signInToAccount } from './support/people.ts'

const WAYS: [string, typeof pointer][] = [
  ['with a pointer', pointer],
  ['by keyboard alone', keyboard],
]

for (const [way, handsOn] of WAYS) {
  void test(`set up, sign in by code and by recovery code, turn off: ${way}`, async () => {
    const { page, context, faults } = await visit({
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const person = await verifiedPerson()
    const { type, press, check } = handsOn(page)
    const says = (text: string) => page.getByText(text).first().waitFor()
    const look = async (name: string) => {
      if (handsOn === pointer) faults.push(...(await lookAt(page, name)))
    }
    // Each step is good for one code, and a code of the next step is taken early.
    let step = -1
    const code = async (secret: string) => {
      // The first code is of the step before, which is refused once the next step begins.
      const left = STEP_MS - (Date.now() % STEP_MS)
      if (left < 10_000) await setTimeout(left)
      return codeAt(secret, Date.now() + STEP_MS * step++)
    }
    const signInBy = async () => {
      await type('Email address', person.email)
      await type('Password', person.password)
      await press('Sign in')
      await says('Enter the code from your authenticator app')
      assert.equal(pathOf(page), '/sign-in/second-factor')
      assert.ok(!page.url().includes('challenge'))
    }

    await signInToAccount(page, person)
    await press('Two-factor authentication')
    await says('Turn on two-factor authentication')
    await press('Set up')
    await page.getByRole('img', { name: /QR code/ }).waitFor()
    const uri = await page.getByRole('link', { name: /Open in an app/ }).getAttribute('href')
    const secret = new URL(uri ?? '').searchParams.get('secret') ?? ''
    assert.equal((await page.locator('#secret').textContent())?.replaceAll(' ', ''), secret)

    await type('Six-digit code', '000000')
    await press('Turn on')
    await says('This code is incorrect')
    await page.getByRole('img', { name: /QR code/ }).waitFor()
    await type('Six-digit code', await code(secret))
    await press('Turn on')
    await says('Save your recovery codes')
    const codes = await page.locator('#codes li').allTextContents()
    assert.equal(codes.length, 10)
    await press('Copy')
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), codes.join('\n'))
    const downloading = page.waitForEvent('download')
    await press('Download')
    const file = await readFile(await (await downloading).path(), 'utf8')
    assert.ok(codes.every((each) => file.includes(each)))
    await press('I’ve saved the codes')
    await says('10 recovery codes left.')
    await press('Sign out')
    await says('You’ve been signed out.')

    await signInBy()
    await type('Six-digit code', await code(secret))
    await check('Don’t ask again on this browser for 30 days')
    await press('Continue')
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
    await page.goto('/account')
    await press('Sign out')
    await says('You’ve been signed out.')

    await type('Email address', person.email)
    await type('Password', person.password)
    await press('Sign in')
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
    await page.goto('/account/sessions')
    await says('This browser')
    await look('trusted-browsers')
    await press(/^Manage the trusted browser/)
    await look('trusted-browser')
    await type('Name', 'Laptop at home')
    await press('Save changes')
    await says('The browser has been renamed.')
    await press('Manage the trusted browser Laptop at home')
    await press('Stop trusting')
    await says('The browser is no longer trusted.')
    await press('Sign out')
    await says('You’ve been signed out.')

    await signInBy()
    await press('Use a recovery code instead')
    await says('Each code works once.')
    await look('second-factor-recovery-code')
    await type('Recovery code', (codes[0] ?? '').toLowerCase())
    await press('Continue')
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
    await page.goto('/account/two-factor')
    await says('9 recovery codes left.')

    await press('Turn off two-factor authentication')
    await press('Turn off')
    await says('Two-factor authentication is off.')
    assert.deepEqual(faults, [])
    await context.close()
  })
}
