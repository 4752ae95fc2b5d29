/** .dev.vars as dotenv reads it: which values an unquoted # cuts off. */
import { expect, it } from 'vitest'
import { cutOffSettings } from '../../scripts/dev-secrets.ts'

it.each([
  ['ACCENT_COLOR=#0f766e', ['ACCENT_COLOR']],
  ['ACCENT_COLOR= #0f766e', ['ACCENT_COLOR']],
  ['SMTP_PASSWORD=abc#1', ['SMTP_PASSWORD']],
  ['export ACCENT_COLOR=#0f766e', ['ACCENT_COLOR']],
  ['A=1\r\nACCENT_COLOR=#fff\r\nB=x#y', ['ACCENT_COLOR', 'B']],
  ['ACCENT_COLOR="#0f766e"', []],
  ["ACCENT_COLOR='#0f766e'", []],
  ['ACCENT_COLOR=0f766e', []],
  ['ACCENT_COLOR=0f766e # teal', []],
  ['SETUP_TOKEN=', []],
  ['SETUP_TOKEN= # closed', []],
  ['# ACCENT_COLOR=#0f766e', []],
])('%j', (text, names) => {
  expect(cutOffSettings(text)).toEqual(names)
})
