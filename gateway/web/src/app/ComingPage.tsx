/** The place of a page that is not built yet; nothing in the navigation leads to it. */
export function ComingPage({ title }: { title: string }) {
  return (
    <main id="content" className="page">
      <h1>{title}</h1>
    </main>
  );
}
