/**
 * Import of users. The form takes one chunk, from a file or pasted; a script cuts a file of any size
 * into chunks, posts them here one after another and shows its progress.
 */
import type { FC } from 'hono/jsx'
import { DomainError, type FieldIssue } from '../../errors'
import { STATUS_OF } from '../../http/problem'
import type { Texts } from '../../texts/en'
import type { SkippedLine } from '../../user-admin/import-outcome'
import { type ImportResult, importUsers } from '../../user-admin/import-users'
import { type Column, DataTable } from '../components/data-table'
import { Alert } from '../components/form'
import { Panel } from '../components/layout'
import { EMPTY_FORM, issueTexts } from '../runtime/form-state'
import { withNext } from '../runtime/local-path'
import { page, redirect, type SignedInRequest, type View } from '../runtime/page'
import { useConsoleTexts, usePage } from '../runtime/page-context'
import { consoleView, SYSTEM } from './console'
import { chunkOf, isFromScript } from './import-body'

const EXAMPLE =
  '{"email":"ada@example.com","full_name":"Ada Lovelace","email_verified":true,"roles":["moderator"]}'
const MAX_SHOWN_LINES = 500

export const importPage = page({
  path: '/admin/import',
  access: SYSTEM,
  show: (request) => showImport(request, {}),
  act: async (request) => {
    const isScript = isFromScript(request.request)
    try {
      const chunk = await chunkOf(request.request)
      if (chunk.trim() === '')
        return showImport(request, { alert: request.texts.admin.import.nothing, status: 422 })
      const result = await importUsers(request.deps, request.visitor.principal, chunk)
      return isScript ? reportOf(request.texts, result) : showImport(request, { result })
    } catch (error) {
      if (!isScript && error instanceof DomainError && error.code === 'step_up_required') {
        return redirect(withNext('/confirm-identity', '/admin/import'))
      }
      if (isScript || !(error instanceof DomainError) || !error.issues) throw error
      const [first] = error.issues
      const alert = first ? lineText(request.texts, first) : request.texts.layout.errors[error.code]
      return showImport(request, { alert, status: STATUS_OF[error.kind] })
    }
  },
})

/** The result of one chunk for the script, which adds them up. */
const reportOf = (
  texts: Texts,
  { imported, skipped, skipped_lines, errors }: ImportResult,
): Response =>
  Response.json({
    imported,
    skipped,
    skipped_lines: skipped_lines.map((skip) => ({
      line: skip.line,
      text: skipText(texts, skip),
    })),
    errors: errors.map((error) => ({
      line: error.line,
      text: lineText(texts, error),
      // The script sends these lines in a request of their own.
      ...(error.code === 'hash_not_checked' && { again: true }),
    })),
  })

interface Shown {
  readonly result?: ImportResult
  readonly alert?: string
  readonly status?: number
}

function showImport(request: SignedInRequest, shown: Shown): View {
  const { import: words } = request.texts.admin
  return consoleView(request, {
    styles: ['tables'],
    title: words.title,
    lead: words.lead,
    ...(shown.status !== undefined && { status: shown.status }),
    scripts: ['/assets/admin-import.js'],
    main: (
      <>
        {shown.alert !== undefined && <Alert text={shown.alert} />}
        <Progress />
        <Result result={shown.result} />
        <section class="panel">
          <form
            class="form"
            method="post"
            action="/admin/import"
            enctype="multipart/form-data"
            data-import
            data-download
          >
            <div class="field">
              <label for="file">{words.file}</label>
              <input id="file" name="file" type="file" accept=".ndjson,.jsonl,.json,.txt" />
              <p class="hint">{words.fileHint}</p>
            </div>
            <div class="field">
              <label for="lines">{words.text}</label>
              <textarea id="lines" name="lines" rows={6} class="mono" spellcheck={false} />
            </div>
            <div class="actions">
              <button class="button primary">{words.submit}</button>
            </div>
          </form>
        </section>
        <Panel title={words.example} lead={words.exampleLead}>
          <pre class="sample">{EXAMPLE}</pre>
        </Panel>
      </>
    ),
  })
}

/** Shown by the script, which takes its texts from the attributes. */
const Progress: FC = () => {
  const { import: words } = useConsoleTexts()
  return (
    <section
      class="panel"
      id="import-progress"
      hidden
      data-running={words.running}
      data-finished={words.finished}
      data-stopped={words.stopped}
      data-failed={words.failed}
      data-garbled={words.issues['garbled']}
      data-utf16={words.issues['utf_16']}
      data-nothing={words.nothing}
    >
      <p class="state" role="status" data-part="state" />
      <progress max={100} value={0} aria-label={words.progress} />
      <div class="actions">
        <button type="button" class="button quiet small" data-part="stop">
          {words.stop}
        </button>
      </div>
    </section>
  )
}

const Result: FC<{ result: ImportResult | undefined }> = ({ result }) => {
  const { texts, format } = usePage()
  const { import: words } = texts.admin
  const { number } = format
  const errors = result?.errors ?? []
  const skips = result?.skipped_lines ?? []
  const lines = new Set(errors.map(({ line }) => line)).size
  return (
    <section class="panel" id="import-result" hidden={result === undefined}>
      <h2>{words.resultTitle}</h2>
      <dl class="counts">
        <Count name={words.imported} part="imported" value={number(result?.imported ?? 0)} />
        <Count name={words.skipped} part="skipped" value={number(result?.skipped ?? 0)} />
        <Count name={words.refused} part="refused" value={number(lines)} />
      </dl>
      <p class="meta" data-part="all-good" hidden={errors.length > 0}>
        {words.allGood}
      </p>
      <Lines
        part="errors"
        name={words.refused}
        column={words.problem}
        lines={errors.map((error) => ({ line: error.line, text: lineText(texts, error) }))}
        more={{ part: 'more', text: words.moreErrors }}
      />
      <Lines
        part="skipped_lines"
        name={words.skipped}
        column={words.whySkipped}
        lines={skips.map((skip) => ({ line: skip.line, text: skipText(texts, skip) }))}
        more={{ part: 'more_skipped', text: words.moreSkipped }}
      />
    </section>
  )
}

interface LinesProps {
  readonly part: string
  readonly name: string
  readonly column: string
  readonly lines: readonly { line: number; text: string }[]
  /** What is said when not all of them are shown. */
  readonly more: { part: string; text: string }
}

/** A table of lines with a text for each; the script adds its own rows. */
const Lines: FC<LinesProps> = ({ part, name, column, lines, more }) => {
  const { import: words } = useConsoleTexts()
  const { number } = usePage().format
  const columns: Column<LinesProps['lines'][number]>[] = [
    { label: words.line, headClass: 'num', class: 'num', cell: ({ line }) => number(line) },
    { label: column, cell: ({ text }) => text },
  ]
  return (
    <>
      <div class="table-wrap tall" tabindex={0} role="region" aria-label={name}>
        <DataTable
          part={part}
          hidden={lines.length === 0}
          columns={columns}
          rows={lines.slice(0, MAX_SHOWN_LINES)}
        />
      </div>
      <p class="meta" data-part={more.part} hidden={lines.length <= MAX_SHOWN_LINES}>
        {more.text}
      </p>
    </>
  )
}

const Count: FC<{ name: string; part: string; value: string }> = ({ name, part, value }) => (
  <div>
    <dt>{name}</dt>
    <dd class="figure" data-part={part}>
      {value}
    </dd>
  </div>
)

/** What is wrong with a line, in the reader's words, with the field it is about. */
function lineText(texts: Texts, { path, code, message }: FieldIssue): string {
  const own = texts.admin.import.issues[code]
  const [known] = issueTexts(texts, { ...EMPTY_FORM, issues: [{ path, code, message }] }, path)
  // Without a text of its own an issue has the API's, which says more than "not acceptable".
  const isKnown = known !== undefined && known !== texts.layout.issues.other()
  const said = own ?? (isKnown ? known : message)
  return path === '' ? said : `${path}: ${said}`
}

/** Why a line was skipped, in the reader's words, with its address. */
const skipText = (texts: Texts, { email, code }: SkippedLine): string =>
  `${email}: ${texts.admin.import.skips[code]}`
