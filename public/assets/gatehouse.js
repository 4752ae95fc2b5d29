/* Small comforts for pages that work without them. No library, nothing from elsewhere. */

for (const holder of document.querySelectorAll('.with-reveal')) {
  const input = holder.querySelector('input')
  const button = document.createElement('button')
  const show = (isShown) => {
    input.type = isShown ? 'text' : 'password'
    button.textContent = isShown ? holder.dataset.hideShort : holder.dataset.showShort
    button.setAttribute('aria-label', isShown ? holder.dataset.hide : holder.dataset.show)
    button.setAttribute('aria-pressed', String(isShown))
  }
  button.type = 'button'
  button.setAttribute('aria-controls', input.id)
  button.addEventListener('click', () => {
    show(input.type === 'password')
    input.focus()
  })
  holder.append(button)
  show(false)
  // A password manager must find a password when the form is sent.
  input.form?.addEventListener('submit', () => show(false))
}

/** The rules that can be checked here; the others are told by the server. */
const CHECKS = {
  password_too_short: (text, limit) => [...text.normalize('NFC')].length >= limit,
  password_no_uppercase: (text) => /\p{Uppercase}/u.test(text.normalize('NFC')),
  password_no_lowercase: (text) => /\p{Lowercase}/u.test(text.normalize('NFC')),
  password_no_digit: (text) => /\p{Nd}/u.test(text.normalize('NFC')),
  password_no_special: (text) => /[^\p{L}\p{M}\p{N}\s]/u.test(text.normalize('NFC')),
}
for (const list of document.querySelectorAll('.rules[data-for]')) {
  const input = document.getElementById(list.dataset.for)
  const check = () => {
    for (const item of list.querySelectorAll('[data-rule]')) {
      const isMet = CHECKS[item.dataset.rule]?.(input.value, Number(item.dataset.limit)) ?? false
      item.classList.toggle('is-met', isMet)
      item.classList.remove('is-failed')
      item.querySelector('.hidden').textContent = isMet ? list.dataset.met : ''
    }
  }
  input?.addEventListener('input', check)
}

// On a narrow screen the links scroll sideways. `scrollIntoView` would also make the first Tab start at
// the current link, past the link that skips the navigation.
const current = document.querySelector('.area-links [aria-current]')
if (current) {
  const links = current.closest('.area-links')
  const { left, width } = current.getBoundingClientRect()
  links.scrollLeft += left + width / 2 - links.getBoundingClientRect().left - links.clientWidth / 2
}

document.addEventListener('submit', (event) => {
  const form = event.target
  const question = form.dataset.confirm
  if (question && !window.confirm(question)) return event.preventDefault()
  if (form.dataset.sent) return event.preventDefault()
  if (form.method !== 'post' || form.dataset.download !== undefined) return
  form.dataset.sent = 'yes'
  event.submitter?.setAttribute('aria-busy', 'true')
})

// A page from the back-forward cache was sent once, and may be sent again.
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('[data-sent]')) delete form.dataset.sent
  for (const button of document.querySelectorAll('[aria-busy]')) button.removeAttribute('aria-busy')
})
