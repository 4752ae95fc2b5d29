/** A table of Markdown: the first column to the left, figures to the right. */
export const table = (head: string[], lines: (string | number | null | undefined)[][]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...lines]
    .map((cells) => `| ${cells.map((cell) => cell ?? '').join(' | ')} |`)
    .join('\n')
