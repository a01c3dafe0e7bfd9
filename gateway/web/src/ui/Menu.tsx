import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Icon, type IconName } from './Icon';

interface MenuProps {
  /** The name of the button. */
  label: string;
  icon?: IconName;
  /** What the button shows instead of an icon. */
  button?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A button that opens a list of links and buttons below it. Escape and a click elsewhere close it. */
export function Menu({ label, icon = 'more', button, className = 'button plain icon-only', children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    const closeOutside = (event: PointerEvent) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => document.removeEventListener('pointerdown', closeOutside);
  }, [isOpen]);
  // The handlers below only listen to what bubbles up from the buttons and links inside.
  /* oxlint-disable jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events */
  return (
    <div
      ref={root}
      className="menu"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        setOpen(false);
        trigger.current?.focus();
      }}
      onBlur={(event) => {
        if (event.relatedTarget instanceof Node && !root.current?.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <button
        ref={trigger}
        type="button"
        className={className}
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        {button ?? <Icon name={icon} />}
      </button>
      <div
        id={id}
        className="menu-list"
        hidden={!isOpen}
        onClick={(event) => {
          // What was chosen closes the menu; a choice between states stays open.
          if (event.target instanceof Element && event.target.closest('a, button')) {
            setOpen(false);
            trigger.current?.focus();
          }
        }}
      >
        {isOpen && children}
      </div>
    </div>
  );
}
