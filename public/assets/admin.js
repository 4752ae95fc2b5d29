/* Comforts of the admin console; every page works without them. */

/** Charts say the figures of the day that is pointed at. */
for (const chart of document.querySelectorAll('.chart')) {
  const say = chart.querySelector('.chart-say')
  if (!say) continue
  const silence = say.textContent
  chart.querySelector('.bars')?.addEventListener('pointermove', ({ target }) => {
    say.textContent = target.closest('[data-say]')?.dataset.say ?? silence
  })
  chart.querySelector('.bars')?.addEventListener('pointerleave', () => {
    say.textContent = silence
  })
}

/** A box that chooses all the boxes of its form with one name. */
function chooseAll() {
  for (const all of document.querySelectorAll('[data-all]')) {
    const boxes = [...all.form.querySelectorAll(`input[name="${all.dataset.all}"]`)]
    const look = () => {
      const chosen = boxes.filter((box) => box.checked).length
      all.checked = chosen === boxes.length
      all.indeterminate = chosen > 0 && chosen < boxes.length
    }
    all.hidden = false
    all.addEventListener('change', () => {
      for (const box of boxes) box.checked = all.checked
    })
    for (const box of boxes) box.addEventListener('change', look)
    look()
  }
}
chooseAll()

/** A download leaves the page as it is: its button must work again. */
document.addEventListener('submit', (event) => {
  if (event.submitter?.dataset.download === undefined) return
  const form = event.target
  setTimeout(() => {
    delete form.dataset.sent
    event.submitter.removeAttribute('aria-busy')
  })
})

/** Search as one types: the same page is asked for, and its results take the place of the old. */
const WAIT_MS = 250
for (const form of document.querySelectorAll('form[data-live]')) {
  let timer
  let request
  const address = () => {
    const filled = [...new FormData(form)].filter(([, value]) => value !== '')
    return `${form.getAttribute('action')}?${new URLSearchParams(filled)}`
  }
  const renew = async () => {
    request?.abort()
    request = new AbortController()
    const { signal } = request
    const old = document.getElementById(form.dataset.live)
    old.setAttribute('aria-busy', 'true')
    try {
      const response = await fetch(address(), { signal, headers: { accept: 'text/html' } })
      // Signed out meanwhile: let the browser go where the server says.
      if (response.redirected || !response.ok) return location.assign(address())
      // Without its head, whose styles have another answer's nonce.
      const text = (await response.text()).replace(/<head>.*?<\/head>/s, '')
      const page = new DOMParser().parseFromString(text, 'text/html')
      const fresh = page.getElementById(form.dataset.live)
      if (signal.aborted || !fresh) return
      old.replaceChildren(...fresh.childNodes)
      old.removeAttribute('aria-busy')
      history.replaceState(null, '', address())
      chooseAll()
    } catch (error) {
      if (error.name !== 'AbortError') form.requestSubmit()
    }
  }
  form.addEventListener('input', (event) => {
    // A search has one order.
    form.elements.sort.disabled = form.elements.search.value.trim() !== ''
    clearTimeout(timer)
    timer = setTimeout(() => void renew(), event.target.tagName === 'SELECT' ? 0 : WAIT_MS)
  })
}
