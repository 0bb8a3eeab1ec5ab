/** Files of this launch, under the names that WeChat gives them: `http://tmp/1.png`. */
export class TemporaryFiles {
  readonly #urls = new Map<string, { file: Blob; url: string }>();

  add(file: Blob): string {
    const path = `http://tmp/${this.#urls.size + 1}.${file.type.replace(/^image\//, '')}`;
    this.#urls.set(path, { file, url: URL.createObjectURL(file) });
    return path;
  }

  file(path: string): Blob | undefined {
    return this.#urls.get(path)?.file;
  }

  /** Where this frame finds it. */
  url(path: string): string | undefined {
    return this.#urls.get(path)?.url;
  }
}
