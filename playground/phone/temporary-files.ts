/** Files of this launch, under WeChat's names: `http://tmp/1.png`. */
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

  /** Its address for this frame. */
  url(path: string): string | undefined {
    return this.#urls.get(path)?.url;
  }
}
