/** Codes and tokens as people type, dictate and paste them. */
import { describe, expect, it } from 'vitest'
import { tokenField } from '../../src/credentials/fields'
import { codeField, recoveryCodeField } from '../../src/factors/code-field'
import { proofFields } from '../../src/pages/runtime/proof-fields'
import { post, said } from '../support/api'
import { mailTo, tokenIn } from '../support/mailbox'
import { challengeOf, freshCode, userWithSecondFactor, verify } from '../support/second-factor'
import { registerByApi } from '../support/users-by-api'

describe('a code of an app', () => {
  it.each([
    '123456',
    ' 123456\n',
    '123 456',
    '123-456',
    '12-34-56',
    '123\u2013456',
    '123\u2212456',
    '123.456',
    '１２３４５６',
    '１２３　４５６',
    '\u0661\u0662\u0663\u0664\u0665\u0666',
    '\u096712\u0969456'.replace('12', '\u0968').replace('456', '\u096a\u096b\u096c'),
    '\u200b123\u00a0456\ufeff',
    '"123456"',
  ])('%j is 123456', (typed) => {
    expect(codeField.safeParse(typed).data).toBe('123456')
    expect(proofFields.code.safeParse(typed).data).toBe('123456')
  })

  it.each(['', '12345', '1234567', '12345a', '½23456', '1e5000', '1'.repeat(5000)])(
    '%j is none',
    (typed) => {
      expect(codeField.safeParse(typed).success).toBe(false)
    },
  )

  it('that is empty on a page is no code', () => {
    for (const typed of ['', ' ', '\u00a0', ' - ']) {
      expect(proofFields.code.parse(typed)).toBeUndefined()
    }
  })
})

describe('a recovery code', () => {
  it.each([
    '7K3M-Q9ZD-2W8F-XV4T',
    '7k3m q9zd 2w8f xv4t',
    '7k3mq9zd2w8fxv4t',
    '７Ｋ３Ｍ－Ｑ９ＺＤ－２Ｗ８Ｆ－ＸＶ４Ｔ',
    '7K3M\u2014Q9ZD\u20142W8F\u2014XV4T',
    '<7K3M-Q9ZD-2W8F-XV4T>\r\n',
    '7K3M_Q9ZD_2W8F_XV4T',
  ])('%j is 7K3MQ9ZD2W8FXV4T', (typed) => {
    expect(recoveryCodeField.safeParse(typed).data).toBe('7K3MQ9ZD2W8FXV4T')
  })

  it.each(['', '7K3M-Q9ZD', '7K3M-Q9ZD-2W8F-XV4Ü', 'x'.repeat(5000)])('%j is none', (typed) => {
    expect(recoveryCodeField.safeParse(typed).success).toBe(false)
  })
})

describe('a mailed token', () => {
  const token = 'Ab-_'.repeat(10)
  it.each([
    token,
    ` ${token}\n`,
    `<${token}>`,
    `"${token}"`,
    `${token.slice(0, 20)}\r\n${token.slice(20)}`,
    `${token.slice(0, 20)}=\r\n${token.slice(20)}`,
    `\u200b${token}\u201d`,
  ])('%j is taken', (typed) => {
    expect(tokenField.safeParse(typed).data).toBe(token)
  })

  it.each(['', ' ', '<>', 'x'.repeat(201), 'x'.repeat(5000)])('%j is none', (typed) => {
    expect(tokenField.safeParse(typed).success).toBe(false)
  })
})

it('a sign-in takes them so, and a code still works once', async () => {
  const ada = await userWithSecondFactor()
  const code = await freshCode(ada)
  const challenge = await challengeOf(ada)
  const wide = code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
  const typed = `${wide.slice(0, 3)} - ${wide.slice(3)}`
  const pasted = ` <${challenge.slice(0, 30)}\n${challenge.slice(30)}> `
  expect(said(await verify(pasted, { code: typed }))).toBe('200')
  expect(said(await verify(await challengeOf(ada), { code }))).toBe('401 invalid_2fa_code')
  const [first = ''] = ada.recoveryCodes
  const recovery_code = ` ${first.toLowerCase().replaceAll('-', '\u2013')} `
  expect(said(await verify(await challengeOf(ada), { recovery_code }))).toBe('200')
})

it('a verification takes a token that the mail program has broken', async () => {
  const ada = await registerByApi()
  const token = tokenIn(await mailTo(ada.email), '/verify-email')
  const broken = `<${token.slice(0, 20)}=\r\n${token.slice(20)}>`
  expect((await post('/api/v1/auth/verify-email', { token: broken })).status).toBe(200)
})
