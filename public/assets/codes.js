/* Copies and prints recovery codes. Without a script they can be downloaded. */

for (const button of document.querySelectorAll('[data-copy]')) {
  const words = button.textContent
  button.hidden = !navigator.clipboard
  const copy = async () => {
    const items = document.getElementById(button.dataset.copy).querySelectorAll('li')
    await navigator.clipboard.writeText([...items].map((item) => item.textContent).join('\n'))
    button.textContent = button.dataset.copied
    setTimeout(() => (button.textContent = words), 2000)
  }
  button.addEventListener('click', () => void copy())
}

for (const button of document.querySelectorAll('[data-print]')) {
  button.addEventListener('click', () => window.print())
}
