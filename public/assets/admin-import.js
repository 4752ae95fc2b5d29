/* Import of a file of any size: cut into chunks at line ends, posted one after another. */

const MAX_LINES = 1000
const MAX_BYTES = 1_000_000
const MAX_SHOWN_LINES = 500
const TRIES = 4

const form = document.querySelector('form[data-import]')
const progress = document.getElementById('import-progress')
const result = document.getElementById('import-result')
const bar = progress.querySelector('progress')
const state = progress.querySelector('[data-part=state]')
const stop = progress.querySelector('[data-part=stop]')
const part = (name) => result.querySelector(`[data-part=${name}]`)
const number = new Intl.NumberFormat(document.documentElement.lang)
const encoder = new TextEncoder()

let controller

/** UTF-16 by its byte order mark: decoded as UTF-8 it would only be "not valid". */
async function refuseUtf16(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer())
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  if (isUtf16) throw new Error('utf16')
}

/** Chunks of whole lines: the lines, the number of the first one, and the bytes read so far. */
async function* chunksOf(blob) {
  await refuseUtf16(blob)
  const decoder = new TextDecoderStream('utf-8', { fatal: true })
  const reader = blob.stream().pipeThrough(decoder).getReader()
  let rest = ''
  let lines = []
  let size = 0
  let first = 1
  let read = 0
  const take = () => {
    const chunk = { lines, first, read }
    first += lines.length
    lines = []
    size = 0
    return chunk
  }
  for (let isDone = false; !isDone;) {
    const { value = '', done } = await reader.read().catch((error) => {
      throw error instanceof TypeError ? new Error('garbled') : error
    })
    isDone = done
    const parts = (rest + value).split('\n')
    rest = isDone ? '' : parts.pop()
    for (const line of parts) {
      const bytes = encoder.encode(line).length + 1
      if (lines.length === MAX_LINES || (size + bytes > MAX_BYTES && lines.length > 0)) yield take()
      lines.push(line)
      size += bytes
      read += bytes
    }
  }
  if (lines.length > 0) yield take()
}

const pause = (ms) => new Promise((resume) => setTimeout(resume, ms))

/** Posts a chunk; what passes is tried again, as a chunk may be sent twice. */
async function send(text, signal) {
  for (let turn = 1; ; turn++) {
    const response = await fetch(form.getAttribute('action'), {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', accept: 'application/json' },
      body: text,
      signal,
    }).catch((error) => {
      if (signal.aborted) throw error
      return undefined
    })
    const isReport = response?.headers.get('content-type')?.includes('json')
    if (response?.ok && isReport) return response.json()
    // Signed out meanwhile: the page of the sign-in brings one back here.
    if (response?.redirected) location.assign(form.getAttribute('action'))
    const passes = !response || response.status === 503 || response.status === 429
    if (!passes || turn === TRIES) throw new Error('refused')
    await pause(1000 * 2 ** turn)
  }
}

const totals = { imported: 0, skipped: 0, refused: 0 }
const shown = { errors: 0, skipped_lines: 0 }

/**
 * Imports a chunk, and shows what became of it. One request checks password hashes for a limited
 * time only: the lines that it names for that go into another. `first` is the number of the chunk's first
 * line.
 */
async function importChunk(lines, first, signal) {
  let left = lines.map((text, index) => ({ text, line: first + index }))
  while (left.some(({ text }) => text.trim() !== '')) {
    const sent = left
    const report = await send(sent.map(({ text }) => text).join('\n'), signal)
    left = report.errors.flatMap(({ line, again }) => (again ? [sent[line - 1]] : []))
    if (left.length === sent.length) throw new Error('refused')
    const inFile = ({ line, text }) => ({ line: sent[line - 1].line, text })
    show({
      ...report,
      skipped_lines: report.skipped_lines.map(inFile),
      errors: report.errors.filter(({ again }) => !again).map(inFile),
    })
  }
}

function showLines(name, lines) {
  const table = part(name)
  for (const { line, text } of lines) {
    shown[name] += 1
    if (shown[name] > MAX_SHOWN_LINES) break
    const row = table.tBodies[0].insertRow()
    const cell = row.insertCell()
    cell.className = 'num'
    cell.textContent = number.format(line)
    row.insertCell().textContent = text
  }
  table.hidden = shown[name] === 0
}

function show(report) {
  totals.imported += report.imported
  totals.skipped += report.skipped
  totals.refused += new Set(report.errors.map(({ line }) => line)).size
  for (const name of Object.keys(shown)) showLines(name, report[name])
  part('all-good').hidden = shown.errors > 0
  part('more').hidden = shown.errors <= MAX_SHOWN_LINES
  part('more_skipped').hidden = shown.skipped_lines <= MAX_SHOWN_LINES
  for (const name of ['imported', 'skipped', 'refused'])
    part(name).textContent = number.format(totals[name])
}

async function run(blob) {
  controller = new AbortController()
  Object.assign(totals, { imported: 0, skipped: 0, refused: 0 })
  for (const name of Object.keys(shown)) {
    shown[name] = 0
    part(name).tBodies[0].replaceChildren()
  }
  show({ imported: 0, skipped: 0, skipped_lines: [], errors: [] })
  bar.value = 0
  progress.hidden = false
  result.hidden = false
  stop.hidden = false
  state.textContent = progress.dataset.running
  try {
    for await (const { lines, first, read } of chunksOf(blob)) {
      await importChunk(lines, first, controller.signal)
      bar.value = Math.min(100, (read / blob.size) * 100)
    }
    bar.value = 100
    state.textContent = progress.dataset.finished
  } catch (error) {
    const { stopped, garbled, utf16, failed } = progress.dataset
    const why = { garbled, utf16 }[error.message] ?? failed
    state.textContent = controller.signal.aborted ? stopped : why
  } finally {
    stop.hidden = true
    form.querySelector('button').disabled = false
  }
}

form.addEventListener('submit', (event) => {
  const data = new FormData(form)
  const file = data.get('file')
  const blob = file.size > 0 ? file : new Blob([data.get('lines')])
  event.preventDefault()
  if (blob.size === 0) {
    progress.hidden = false
    stop.hidden = true
    state.textContent = progress.dataset.nothing
    return
  }
  form.querySelector('button').disabled = true
  progress.scrollIntoView({ block: 'nearest' })
  void run(blob)
})
stop.addEventListener('click', () => controller?.abort())
