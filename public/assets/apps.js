/* Shows for each redirect URI, while it is typed, whether it can be registered. The server checks again. */

/** Scripts of a page share their names: admin.js has a WAIT_MS of its own. */
const CHECK_AFTER_MS = 250
for (const place of document.querySelectorAll('[data-check-uris]')) {
  const area = place.querySelector('textarea')
  const list = document.createElement('ul')
  list.className = 'uri-checks plain'
  list.setAttribute('aria-live', 'polite')
  place.append(list)
  /** The answer for each URI, so that each is requested once. */
  const known = new Map()
  let timer
  let round = 0

  const ask = async (uri) => {
    const query = new URLSearchParams({ kind: place.dataset.checkUris, uri })
    const response = await fetch(`/admin/apps/check-uri?${query}`, {
      headers: { accept: 'text/html' },
    })
    if (response.redirected || !response.ok) return undefined
    // Without its head, whose styles have another answer's nonce.
    const text = (await response.text()).replace(/<head>.*?<\/head>/s, '')
    const said = new DOMParser().parseFromString(text, 'text/html').getElementById('uri-check')
    if (said) known.set(uri, said.textContent)
    return said?.textContent
  }

  const check = async () => {
    const own = (round += 1)
    const uris = [...new Set(area.value.split('\n').map((line) => line.trim()))].filter(Boolean)
    const said = await Promise.all(
      uris
        .slice(0, 20)
        .map(async (uri) => [uri, known.get(uri) ?? (await ask(uri).catch(() => undefined))]),
    )
    if (own !== round) return
    list.replaceChildren(
      ...said.flatMap(([uri, fault]) => {
        if (fault === undefined) return []
        const item = document.createElement('li')
        const shown = document.createElement('span')
        shown.className = 'mono'
        shown.textContent = uri
        item.className = fault === '' ? 'is-fine' : 'is-bad'
        item.append(shown, ` ${fault === '' ? place.dataset.fine : fault}`)
        return [item]
      }),
    )
  }

  area.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(() => void check(), CHECK_AFTER_MS)
  })
  if (area.value.trim() !== '') void check()
}
