// Starts the viewer of the API document. It keeps nothing between visits and asks no other host.
const element = document.getElementById('docs')
const theme = document.documentElement.dataset.theme
const isDark =
  theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
document.documentElement.classList.toggle('dark-mode', isDark)

fetch(element.dataset.document)
  .then((response) => response.json())
  .then(start)
  .catch((error) => {
    element.textContent = String(error)
  })

function start(spec) {
  // Every call goes to the host of this page, and there is nothing to choose.
  delete spec.servers
  window.SwaggerUIBundle({
    domNode: element,
    spec,
    validatorUrl: null,
    // Deep links would be links inside buttons.
    deepLinking: false,
    docExpansion: 'list',
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    persistAuthorization: false,
    onComplete: nameWhatHasNoName,
  })
}

/** Roles, levels and names that the viewer leaves out. */
function nameWhatHasNoName() {
  const all = (selector) => element.querySelectorAll(selector)
  const name = () => {
    for (const inner of all('main:not([role])')) inner.setAttribute('role', 'group')
    for (const heading of all('.opblock-tag:not([aria-level])')) heading.ariaLevel = '2'
    for (const heading of all('h4:not([aria-level])')) heading.ariaLevel = '3'
    for (const region of all('pre:not([tabindex])')) region.tabIndex = 0
    for (const select of all('select:not([aria-label])')) {
      select.ariaLabel = select.closest('label, section')?.innerText || 'Choice'
    }
  }
  new MutationObserver(name).observe(element, { childList: true, subtree: true })
  name()
}
