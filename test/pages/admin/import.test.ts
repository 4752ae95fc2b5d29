import { beforeAll, describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/crypto/encoding'
import { de } from '../../../src/texts/de'
import { en, type Texts } from '../../../src/texts/en'
import { send } from '../../support/api'
import { freshEmail } from '../../support/users'
import { alertOf, makeStaffRoles, visitor, type Visit } from './site'

let operator: Visit

beforeAll(async () => {
  await makeStaffRoles()
  operator = await visitor('operator')
})

const OURS = { 'sec-fetch-site': 'same-origin' }

/** As the page's form sends it, without a script. */
async function sendForm(
  parts: { file?: string | Uint8Array<ArrayBuffer>; lines?: string },
  headers = OURS,
) {
  const form = new FormData()
  form.set('file', new File([parts.file ?? ''], 'users.ndjson'))
  form.set('lines', parts.lines ?? '')
  const request = new Request('http://localhost', { method: 'POST', body: form })
  const type = request.headers.get('content-type') ?? ''
  return send('/admin/import', {
    method: 'POST',
    headers: { cookie: operator.cookie, 'content-type': type, ...headers },
    body: await request.arrayBuffer(),
    redirect: 'manual',
  })
}

const line = (more: object = {}) =>
  JSON.stringify({ email: freshEmail(), full_name: 'Ada Lovelace', ...more })

describe('the import', () => {
  it('takes a file or pasted lines, and tells what became of each', async () => {
    const lines = [line(), 'nonsense', line({ email: '<b>', roles: ['none'] }), line({ odd: 1 })]
    const reply = await sendForm({ file: lines.join('\n') })
    expect(reply.status).toBe(200)
    expect(reply.body).toMatch(/data-part="imported">1</)
    expect(reply.body).toMatch(/data-part="refused">3</)
    expect(reply.body).toContain('The line is not valid JSON.')
    expect(reply.body).toContain('email: Enter a valid email address.')
    expect(reply.body).toContain('odd: Unknown field.')
    const again = await sendForm({ lines: lines[0] ?? '' })
    expect(again.body).toMatch(/data-part="skipped">1</)
    const { email } = JSON.parse(lines[0] ?? '')
    expect(again.body).toContain(`${email}: An account with this email address already exists.`)
  })

  it('answers the script with figures, and errors in words', async () => {
    const reply = await operator.submit(
      '/admin/import',
      {},
      {
        ...OURS,
        'content-type': 'application/x-ndjson',
      },
    )
    expect(reply.status).toBe(422)
    const sent = await send('/admin/import', {
      method: 'POST',
      headers: { cookie: operator.cookie, 'content-type': 'application/x-ndjson', ...OURS },
      body: [line(), '', '{}'].join('\n'),
    })
    expect(sent.body).toEqual({
      imported: 1,
      skipped: 0,
      skipped_lines: [],
      errors: [
        { line: 3, text: 'email: This field is required.' },
        { line: 3, text: 'full_name: This field is required.' },
      ],
    })
  })

  it('asks for something to import', async () => {
    const reply = await sendForm({})
    expect([reply.status, alertOf(reply)]).toEqual([422, 'Choose a file or paste some lines.'])
  })

  it('refuses too many lines, too many bytes, and what is no form', async () => {
    const many = await sendForm({ lines: Array.from({ length: 1001 }, () => '{}').join('\n') })
    expect([many.status, alertOf(many)]).toEqual([422, 'At most 1,000 lines at a time.'])
    expect((await sendForm({ lines: 'x'.repeat(1024 * 1024 + 1) })).status).toBe(413)
    expect((await sendForm({ file: 'x'.repeat(3 * 1024 * 1024) })).status).toBe(413)
    expect((await operator.submit('/admin/import', { lines: '{}' })).status).toBe(415)
    const broken = { ...OURS, 'content-type': 'multipart/form-data' }
    expect((await operator.submit('/admin/import', {}, broken)).status).toBe(400)
  })

  it('refuses a file that is not UTF-8 instead of changing names, and says so', async () => {
    const file = Uint8Array.from(line({ full_name: 'Jos?' }), (char) =>
      char === '?' ? 0xe9 : char.charCodeAt(0),
    )
    const reply = await sendForm({ file })
    expect([reply.status, alertOf(reply)]).toEqual([422, 'The file is not valid UTF-8.'])
    expect(reply.body).toContain('data-garbled="The file is not valid UTF-8."')
    const said = (of: Texts) => Object.keys(of.admin.import.issues)
    expect(said(de)).toEqual(said(en))
    const marked = utf8(`\ufeff${line()}`)
    expect((await sendForm({ file: marked })).body).toMatch(/data-part="imported">1</)
  })

  it('counts bytes, not characters', async () => {
    const wide = '\u00e9'.repeat(512 * 1024 + 1)
    expect((await sendForm({ lines: wide })).status).toBe(413)
    expect((await sendForm({ file: wide })).status).toBe(413)
  })

  it('believes no other site, whatever it sends', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site' }
    expect((await sendForm({ lines: line() }, foreign)).status).toBe(403)
    const script = { ...foreign, 'content-type': 'application/x-ndjson' }
    expect((await operator.submit('/admin/import', {}, script)).status).toBe(403)
  })

  it('gives nobody more than the one who imports holds', async () => {
    const reply = await sendForm({ lines: line({ roles: ['admin'] }) })
    expect(reply.status).toBe(403)
  })
})
