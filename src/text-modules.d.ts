/** Files that wrangler bundles as modules of their own by its default rules: text, and compiled WebAssembly. */
declare module '*.txt' {
  const text: string
  export default text
}

declare module '*.wasm' {
  const module: WebAssembly.Module
  export default module
}
